"""The messaging app."""

from django.apps import AppConfig

from common.events import ContactPermissionChanged, subscribe


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from clients.merging import merge_parts
        from messaging.merging import MESSAGES
        from messaging.purposes import purposes
        from messaging.services.permissions import end_what_lost_consent
        from messaging.texts import AccountMail, AutoAnswer, HelpAnswer, OptOutAcknowledgement

        merge_parts.register("messaging", MESSAGES)
        purposes.register("opt_out_acknowledgement", OptOutAcknowledgement())
        purposes.register("help_answer", HelpAnswer())
        purposes.register("auto_answer", AutoAnswer())
        purposes.register("account", AccountMail())
        subscribe(ContactPermissionChanged, end_what_lost_consent)
