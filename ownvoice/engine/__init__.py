"""All that needs torch. Runs in the worker process; nothing else imports it."""
