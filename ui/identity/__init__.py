"""Who uses a shared app and what they may: sign-in, sessions, roles.

`roles` is the one table of what each role may do, `password` keeps and compares passwords, `tries`
slows wrong ones down, `sessions` keeps who is signed in, `wall` stands before every page and file
of the app, `sign_on` says under which settings.
"""
