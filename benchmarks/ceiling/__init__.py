"""References as thin as can be, on the same tables and machine: what a figure is divided by.

(a) `views.py`: bare REST framework, list and retrieve. (b) `raw.py`: psycopg and json alone.
(c) `smtp.py`: messages built and sent over one kept connection. (d) `claims.py`: the claim statement
alone. (e) `views.py`: bare REST framework, one INSERT under the calendar's constraints.
"""
