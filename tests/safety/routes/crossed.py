"""One's own facility's things, and in the same breath another facility's: asked by who works there.

`{my_…}` is of the facility where the person works, the rest of the other one.
"""

from tests.safety.routes.rows import Row

MY_TIME = {"starts_at": "{my_free_time}", "duration_minutes": 50}
MY_BOOKING = MY_TIME | {
    "facility": "{my_facility}", "kind": "individual", "staff": ["{my_me}"],
    "clients": ["{my_client}"],
}  # fmt: skip
NEW = {"legal_first_name": "Robin", "legal_last_name": "Ash", "birth_date": "1988-02-29"}
JOINING = {"role": "counselor", "reason": "holiday"}
MY_ROLE = {"facility": "{my_facility}", "role": "intake"}

ROWS = [
    Row("POST clients/", send=NEW | {"facility": "{my_facility}", "primary_counselor": "{me}"}),
    Row("POST clients/{my_client}/care-team/", send=JOINING | {"user": "{colleague}"}),
    Row("POST clients/{my_client}/primary-counselor/",
        send={"counselor": "{teammate}", "facility": "{my_facility}"}),
    Row("POST clients/{my_client}/primary-counselor/",
        send={"counselor": "{my_teammate}", "facility": "{facility}"}),
    Row("POST clients/{my_client}/merge/", send={"other": "{twin}", "reason": "same card"}),
    Row("POST episodes/", send={"client": "{newcomer}", "program": "{my_outpatient_program}",
                                "referral_source": 1}),
    Row("POST episodes/", send={"client": "{my_newcomer}", "program": "{outpatient_program}",
                                "referral_source": 1}),
    Row("POST episodes/{my_episode}/transitions/",
        send={"program": "{inpatient_program}", "reason": "planned"}),
    Row("POST episodes/{my_episode}/transitions/{move}/undo/", send={}),
    Row("POST appointments/", send=MY_BOOKING | {"facility": "{facility}"}),
    Row("POST appointments/", send=MY_BOOKING | {"staff": ["{my_me}", "{me}"]}),
    Row("POST appointments/", send=MY_BOOKING | {"clients": ["{client}"]}),
    Row("POST appointments/", send=MY_BOOKING | {"room": "{room}"}),
    Row("PATCH appointments/{my_visit}/", send={"room": "{room}"}),
    Row("POST appointments/{my_visit}/reschedule/", send=MY_TIME | {"staff": ["{me}"]}),
    Row("POST appointments/{my_visit}/reschedule/", send=MY_TIME | {"room": "{room}"}),
    Row("POST appointments/{my_begun}/completion/", send={"attendance": "{started}"}),
    Row("POST appointments/{my_begun}/no-show/", send={"attendance": "{started}"}),
    Row("POST appointments/{my_visit}/attendances/{attendance}/response/",
        send={"response": "accepted"}),
    Row("POST staff/{colleague}/memberships/", send=MY_ROLE),
    Row("POST staff/{my_colleague}/memberships/", send=MY_ROLE | {"supervisor": "{me}"}),
    Row("GET appointments/?client={client}"),
    Row("GET appointments/?staff={me}"),
    Row("GET appointments/?facility={facility}"),
    Row("GET clients/?primary_counselor={me}"),
    Row("GET episodes/?client={client}"),
    Row("GET messages/?client={client}"),
    Row("GET inbound-messages/?client={client}"),
    Row("GET tasks/?client={client}"),
    Row("GET programs/?facility={facility}"),
    Row("GET staff/?facility={facility}"),
    Row("POST clients/searches/", send={"text": "{record_number}"}),
]  # fmt: skip
