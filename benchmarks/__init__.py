"""Performance claims live here: each is measured, side by side with its limit, and printed with the machine."""
