"""How many statements each request takes, savepoints not counted: sign-in by token and audit are in.

`who address`, and for changes what is done. A lower number is written down as it comes. A higher one
needs a reason, in the commit that brings it. At most (performance.md, F5): a list 6, a retrieve 8, a
booking 14; aimed at are 5, 5 and 8.
"""

LISTS = {
    "ana clients/": 5,
    "intake clients/": 5,
    "ana clients/{client}/contact-points/": 5,
    "ana contact-points/{point}/consents/": 4,
    "ana clients/{client}/care-team/": 4,
    "supervisor possible-duplicates/": 3,
    "supervisor merges/": 3,
    "ana episodes/": 4,
    "ana episodes/{episode}/phases/": 4,
    "ana episodes/{episode}/transitions/": 4,
    "ana appointments/": 4,
    "intake appointments/": 4,
    "ana appointments/{group}/attendances/": 4,
    "ana appointments/{group}/reminders/": 6,
    "manager reminder-policies/": 4,
    "manager message-templates/": 2,
    "manager message-templates/{template}/versions/": 3,
    "ana messages/": 3,
    "ana inbound-messages/": 3,
    "ana opt-outs/": 3,
    "ana tasks/": 3,
    "manager facilities/": 2,
    "ana programs/": 2,
    "ana rooms/": 2,
    "ana staff/": 2,
    "administrator staff/": 3,
    "intake imports/": 3,
    "intake imports/{import}/rows/": 3,
}

RETRIEVES = {
    "ana me/": 3,
    "ana clients/{client}/": 5,
    "intake clients/{client}/": 5,
    "ana contact-points/{point}/": 4,
    "supervisor possible-duplicates/{pair}/": 3,
    "supervisor merges/{merge}/": 3,
    "ana episodes/{episode}/": 4,
    "ana episodes/{episode}/gates/": 7,
    "ana appointments/{visit}/": 4,
    "ana appointments/{group}/": 4,
    "manager reminder-policies/{facility}/": 4,
    "manager message-templates/{template}/": 2,
    "manager message-templates/built-in/": 1,
    "ana messages/{message}/": 4,
    "ana inbound-messages/{inbound}/": 3,
    "ana tasks/{task}/": 3,
    "ana facilities/{facility}/": 2,
    "ana programs/{program}/": 2,
    "ana rooms/{room}/": 2,
    "ana staff/{person}/": 2,
    "administrator staff/{person}/": 3,
    "intake imports/{import}/": 3,
}

CHANGES = {
    "book": 12,
    "reschedule": 24,
    "cancel": 22,
    "arrive": 21,
    "complete": 21,
    "no-show": 29,
    # The same whether or not there are others like them: see `services/duplicates.py`.
    "create client": 40,
    "search": 6,
    "add contact point": 20,
    "name primary": 23,
    "merge": 46,
    "undo merge": 25,
    "admit": 16,
    "move phase": 15,
    "discharge": 19,
    "complete task": 8,  # whether this person may end it
    "invite staff": 15,  # the account is held before a role is given, and before a link is made
    "deactivate staff": 17,  # the account is held before the look at where they work
}

PAGES = {
    "ana /?day={day}": 12,
    "intake /?day={day}": 12,
    "front_desk /?day={day}": 12,
    "manager /": 15,
    "administrator /": 13,
    "nobody /a/{link}/": 4,
    "nobody /a/{link}/appointment.ics": 3,
    "nobody /accounts/login/": 0,
}
