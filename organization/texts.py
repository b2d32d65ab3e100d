"""What staff's account mail says. A mailbox may be read by others: nothing tells what work it is."""

from organization.models import LinkPurpose

SUBJECTS = {
    LinkPurpose.INVITATION: "Your invitation",
    LinkPurpose.RESET: "Choose a new password",
}
BODIES = {
    LinkPurpose.INVITATION: """Hello {name},

An account was made for you. This link lets you choose a password and sign in:

{link}

It works once, within three days. If you expected no account, ignore this.
""",
    LinkPurpose.RESET: """Hello {name},

An administrator ended your password. This link lets you choose a new one:

{link}

It works once, within a day. If this surprises you, ask your administrator.
""",
}
