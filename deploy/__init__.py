"""What an installation needs beside the application. Needs nothing but Python."""
