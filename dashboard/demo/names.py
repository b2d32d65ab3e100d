"""The names that the demo's clients are put together from. Nobody is meant."""

FIRST_NAMES = (
    "Aaliyah", "Abel", "Adaeze", "Amara", "Anders", "Andrea", "Arjun", "Beatriz", "Blake", "Bo",
    "Camila", "Carlos", "Cedric", "Chloe", "Dakota", "Darnell", "Diego", "Dina", "Elena", "Eli",
    "Emeka", "Esme", "Farid", "Fatima", "Gabriel", "Grace", "Hana", "Hector", "Imani", "Isaac",
    "Jada", "Javier", "Joaquin", "June", "Kamal", "Keisha", "Kenji", "Leila", "Liam", "Lorena",
    "Malik", "Marisol", "Mateo", "Mei", "Miguel", "Nadia", "Naomi", "Nolan", "Olivia", "Oscar",
    "Paloma", "Quinn", "Rafael", "Reina", "Rosa", "Ruben", "Samir", "Shanice", "Silas", "Soledad",
    "Tariq", "Teresa", "Tomas", "Valeria", "Victor", "Wren", "Ximena", "Yolanda", "Zeke", "Zora",
)  # fmt: skip
LAST_NAMES = (
    "Achebe", "Aguilar", "Alvarez", "Baptiste", "Becker", "Begay", "Bishop", "Brooks", "Cabrera",
    "Castillo", "Chen", "Cole", "Cruz", "Delgado", "Diallo", "Dixon", "Eklund", "Espinoza",
    "Farah", "Fischer", "Flores", "Garza", "Gibson", "Guerrero", "Hayes", "Holloway", "Ibrahim",
    "Jensen", "Johnson", "Kaplan", "Khan", "Kim", "Lam", "Larsen", "Lindsey", "Marquez", "Mbeki",
    "Mendoza", "Monroe", "Mori", "Murphy", "Nguyen", "Novak", "Obi", "Ortega", "Osei", "Palmer",
    "Patel", "Pena", "Quintero", "Ramsey", "Rivera", "Robles", "Salazar", "Santos", "Silva",
    "Singh", "Solis", "Stewart", "Tanaka", "Torres", "Tran", "Vega", "Walsh", "Washington",
    "Whitehorse", "Yazzie", "Young", "Zamora", "Zielinski",
)  # fmt: skip
