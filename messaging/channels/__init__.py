"""How messages travel: one class a channel."""

from django.conf import settings

from clients.models import Channel
from messaging.channels.base import ChannelSession
from messaging.channels.email import EmailSession
from messaging.channels.postmark import PostmarkSession
from messaging.channels.sms import SmsSession

EMAIL_BY_SERVICE: dict[str, type[ChannelSession]] = {
    "": EmailSession,
    "postmark": PostmarkSession,
}


def open_session(channel: Channel) -> ChannelSession:
    """A session with the provider, to be used as a context manager."""
    if channel is Channel.SMS:
        return SmsSession()
    return EMAIL_BY_SERVICE[settings.EMAIL_SERVICE]()
