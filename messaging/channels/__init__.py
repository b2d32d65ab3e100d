"""How messages travel: one class a channel."""

from clients.models import Channel
from messaging.channels.base import ChannelSession
from messaging.channels.email import EmailSession
from messaging.channels.sms import SmsSession

SESSIONS: dict[Channel, type[ChannelSession]] = {
    Channel.EMAIL: EmailSession,
    Channel.SMS: SmsSession,
}


def open_session(channel: Channel) -> ChannelSession:
    """A session with the provider, to be used as a context manager."""
    return SESSIONS[channel]()
