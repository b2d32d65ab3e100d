"""Clients, how they are reached, who is on the case, duplicates; courses of treatment."""

from tests.safety.routes.rows import ALL, THERE, Row

SEE = "own team supervisor nurse intake desk"
REACH = "own team supervisor intake desk"
CHANGE = "own team supervisor intake"
CASE = "own team supervisor nurse intake"
TREAT = "own team supervisor"
CREATE = "own team cleo other_sup ended supervisor"
NO_CREATE = "nurse nurse_off desk desk_off manager privacy admin"

NEW = {
    "facility": "{facility}", "legal_first_name": "Robin", "legal_last_name": "Ash",
    "birth_date": "1988-02-29",
}  # fmt: skip
PERSON = {"legal_first_name": "Sam", "legal_last_name": "{name}", "birth_date": "1980-03-04"}
JOINING = {"user": "{colleague}", "role": "counselor", "reason": "holiday"}
NAMING = {"counselor": "{teammate}", "facility": "{facility}"}
MOVING = {"program": "{inpatient_program}", "reason": "planned"}
ADMISSION = {
    "client": "{newcomer}", "program": "{outpatient_program}", "referral_source": 1,
}  # fmt: skip
ENDING = {
    "reason": "completed", "last_contact_on": "{today}", "naloxone_offered": "yes",
    "follow_up_consent": True,
}  # fmt: skip

ROWS = [
    # Records
    Row("GET clients/", yes=ALL, there=200, shows="client", seen=SEE),
    Row(
        "POST clients/", send=NEW, yes=CREATE, ok=201, no=NO_CREATE, odd={400: "left intake"},
        there={400: THERE},
    ),
    Row("POST clients/searches/", send={"text": "{record_number}"}, yes=ALL, there=200,
        shows="client", seen=SEE),
    Row("POST clients/duplicates/", send=PERSON, yes=f"{CREATE} intake", no=f"left {NO_CREATE}",
        there={200: "own supervisor intake", 403: "nurse desk manager privacy admin"},
        shows="client", seen=CHANGE),
    Row("GET clients/{client}/", yes=SEE),
    Row("GET clients/{merged}/", yes=SEE, ok=409),
    Row("PATCH clients/{client}/", send={"chosen_name": "Sammy"}, yes=CHANGE, no="nurse desk"),
    # How they are reached
    Row("GET clients/{client}/contact-points/", yes=REACH, shows="point", seen=REACH),
    Row("POST clients/{client}/contact-points/", send={"kind": "email", "value": "s@example.org"},
        yes=REACH, ok=201, no="nurse"),
    Row("GET contact-points/{point}/", yes=REACH),
    Row("PATCH contact-points/{point}/", send={"position": 3}, yes=REACH),
    Row("GET contact-points/{point}/consents/", yes=REACH),
    Row("POST contact-points/{point}/consents/", send={"method": "written"}, yes=REACH, ok=201),
    Row("POST contact-points/{point}/consent-withdrawal/", send={}, yes=REACH),
    # Who is on the case
    Row("GET clients/{client}/care-team/", yes=SEE, shows="member", seen=SEE),
    Row("POST clients/{client}/care-team/", send=JOINING, yes="own supervisor intake", ok=201,
        no="team nurse desk"),
    Row("POST clients/{client}/primary-counselor/", send=NAMING, yes="supervisor intake",
        no="own team nurse desk"),
    Row("POST care-team/{member}/departure/", send={"reason": "handed over"},
        yes="own supervisor intake", no="team nurse desk"),
    # Two records of one person
    Row("GET possible-duplicates/", yes=ALL, there=200, shows="pair", seen=CHANGE),
    Row("GET possible-duplicates/{pair}/", yes=CHANGE),
    Row("POST possible-duplicates/{pair}/dismissal/", send={}, yes=CHANGE),
    Row("POST clients/{client}/merge/", send={"other": "{twin}", "reason": "same card"},
        yes="supervisor", ok=201, no="own team intake", odd={400: "nurse desk"}),
    Row("GET merges/", yes=ALL, there=200, shows="merge", seen="supervisor"),
    Row("GET merges/{merge}/", yes="supervisor"),
    Row("POST merges/{merge}/undo/", send={}, yes="supervisor"),
    # Courses of treatment
    Row("GET episodes/", yes=ALL, there=200, shows="episode", seen=CASE),
    Row("POST episodes/", send=ADMISSION, yes=CHANGE, ok=201, rest=400,
        there={400: THERE}),
    Row("GET episodes/{episode}/", yes=CASE),
    Row("GET episodes/{episode}/gates/", yes=CASE),
    Row("GET episodes/{episode}/phases/", yes=CASE),
    Row("GET episodes/{episode}/transitions/", yes=CASE, shows="move", seen=CASE),
    Row("POST episodes/{episode}/transitions/", send=MOVING, yes=TREAT, ok=201, no="nurse intake"),
    Row("POST episodes/{episode}/transitions/{move}/undo/", send={}, yes=TREAT, no="nurse intake"),
    Row("POST episodes/{episode}/discharge/", send=ENDING, yes=TREAT, no="nurse intake"),
]  # fmt: skip
