"""What tasks, goals, schedules and other asides look like, one module for a language."""
