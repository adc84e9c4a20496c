"""The e-mails that we send ourselves, by whatever EMAIL_URL or EMAIL_BACKEND names."""
