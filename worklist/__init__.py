"""What is due from someone: tasks about a client or about the installation."""
