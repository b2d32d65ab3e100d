"""Appointments, who attends, reminders and their policies; messages; tasks."""

from tests.safety.routes.rows import ALL, Row

SEE = "own team supervisor nurse intake desk desk_off"
BOOK = "own team supervisor intake desk desk_off"
RECORD = "own team supervisor"
TIME = {"starts_at": "{free_time}", "duration_minutes": 50}
BOOKING = TIME | {
    "facility": "{facility}", "kind": "individual", "staff": ["{me}"], "clients": ["{client}"],
}  # fmt: skip
NO_BOOK = "left nurse nurse_off manager privacy admin"
POLICIES = "own team cleo other_sup ended supervisor manager"
NO_POLICIES = "left nurse nurse_off intake desk desk_off privacy admin"
VISIT = "appointments/{visit}/"
WORDS = {
    "facility": "{facility}", "key": "reminder", "channel": "sms", "language": "en",
    "body": "Hi {{greeting_name}}, see you {{day}} {{time}}. 1 confirms, 2 changes.",
}  # fmt: skip
READS = "own team supervisor"

ROWS = [
    Row("GET appointments/", yes=ALL, there=200, shows="visit", seen=SEE),
    Row("POST appointments/", send=BOOKING, yes="own team supervisor intake desk", ok=201,
        no=NO_BOOK, odd={400: "cleo other_sup ended desk_off"},
        there={400: "own supervisor intake desk", 403: "nurse manager privacy admin"}),
    Row(f"GET {VISIT}", yes=SEE),
    Row(f"PATCH {VISIT}", send={"remark": "Ground floor."}, yes=BOOK, no="nurse"),
    Row(f"POST {VISIT}reschedule/", send=TIME, yes=BOOK, ok=201, no="nurse"),
    Row(f"POST {VISIT}cancellation/", send={"cancelled_by": "client", "reason": "A cold."},
        yes=BOOK, no="nurse"),
    Row("POST appointments/{begun}/arrival/", send={}, yes=BOOK, no="nurse"),
    Row("POST appointments/{begun}/completion/", send={}, yes=RECORD,
        no="nurse intake desk desk_off"),
    Row("POST appointments/{begun}/no-show/", send={}, yes=BOOK, no="nurse"),
    Row(f"GET {VISIT}attendances/", yes=SEE, shows="attendance", seen=SEE),
    Row(f"POST {VISIT}attendances/{{attendance}}/response/", send={"response": "accepted"},
        yes=BOOK, no="nurse"),
    Row(f"GET {VISIT}reminders/", yes=SEE),
    Row("GET reminder-policies/", yes=POLICIES, no=NO_POLICIES,
        there={200: "own supervisor manager", 403: "nurse intake desk privacy admin"},
        shows="policy", seen=POLICIES),
    Row("GET reminder-policies/{policy}/", yes=POLICIES, no=NO_POLICIES,
        there={403: "nurse intake desk privacy admin"}),
    Row("PUT reminder-policies/{policy}/", send={"rules": []}, yes="manager",
        no=f"own team cleo other_sup ended supervisor {NO_POLICIES}",
        there={403: "nurse intake desk privacy admin"}),
    Row("POST reminder-policies/{policy}/preview/", send={"rules": []}, yes="manager",
        no=f"own team cleo other_sup ended supervisor {NO_POLICIES}",
        there={403: "nurse intake desk privacy admin"}),
    Row("GET message-templates/", yes=POLICIES, no=NO_POLICIES,
        there={200: "own supervisor manager", 403: "nurse intake desk privacy admin"},
        shows="template", seen=POLICIES),
    Row("POST message-templates/", send=WORDS, yes="manager", ok=201,
        no=f"own team cleo other_sup ended supervisor {NO_POLICIES}",
        there={400: "manager", 403: "own supervisor nurse intake desk privacy admin"}),
    Row("POST message-templates/preview/", send=WORDS, yes="manager", changes=False,
        no=f"own team cleo other_sup ended supervisor {NO_POLICIES}",
        there={400: "manager", 403: "own supervisor nurse intake desk privacy admin"}),
    Row("GET message-templates/built-in/", yes=POLICIES, no=NO_POLICIES,
        there={200: "own supervisor manager", 403: "nurse intake desk privacy admin"}),
    Row("GET message-templates/{template}/", yes=POLICIES, no=NO_POLICIES,
        there={403: "nurse intake desk privacy admin"}),
    Row("GET message-templates/{template}/versions/", yes=POLICIES, no=NO_POLICIES,
        there={403: "nurse intake desk privacy admin"}, shows="template", seen=POLICIES),
    Row("POST message-templates/{template}/retirement/", yes="manager",
        no=f"own team cleo other_sup ended supervisor {NO_POLICIES}",
        there={403: "nurse intake desk privacy admin"}),
    # What was sent, and what came back
    Row("GET messages/", yes=ALL, there=200, shows="message", seen=READS),
    Row("GET messages/{message}/", yes=READS),
    Row("GET inbound-messages/", yes=ALL, there=200, shows="inbound", seen=READS),
    Row("GET inbound-messages/{inbound}/", yes=READS),
    Row("POST inbound-messages/{inbound}/reading/", yes=READS, changes=True),
    Row("GET opt-outs/", yes=ALL, there=200, shows="opted_out", seen="own team supervisor intake desk"),
    # What is due
    Row("GET tasks/", yes=ALL, there=200, shows="task", seen="own team supervisor nurse intake"),
    Row("GET tasks/{task}/", yes="own team supervisor nurse intake"),
    Row("POST tasks/{task}/completion/", send={"outcome": "called"}, yes="own team supervisor",
        no="nurse intake"),
]  # fmt: skip
