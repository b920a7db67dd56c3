"""The German texts of signing in, by their English ones."""

from __future__ import annotations

GERMAN = {
    "Only lecturers add files here.": "Nur Dozentinnen und Dozenten fügen hier Dateien hinzu.",
    "Your files go into the course “{name}”.": "Deine Dateien kommen in den Kurs „{name}“.",
    "Password": "Passwort",
    "Log in": "Anmelden",
    "Wrong password. Ask the person who runs this Katheder server.": "Falsches Passwort. Frag die Person, die diesen Katheder-Server betreibt.",
    "Allow this site to keep cookies, and try again.": "Erlaube dieser Seite, Cookies zu speichern, und versuch es noch einmal.",
    "Too many tries wait already. Try again in a moment.": "Es warten schon zu viele Versuche. Versuch es gleich noch einmal.",
    "Sign in with your institution": "Mit deiner Hochschule anmelden",
    "Go on": "Weiter",
    "Sign out": "Abmelden",
    "Signed in as {name}": "Angemeldet als {name}",
    "reader": "Leserin oder Leser",
    "lecturer": "Dozentin oder Dozent",
    "owner": "Betreiberin oder Betreiber",
    "This app asks for a sign-in, which only `katheder ui` provides. Start it with `katheder ui` in place of `streamlit run`; or, for this machine alone, without the settings app.password and app.auth.": "Diese App verlangt eine Anmeldung, und die gibt es nur mit `katheder ui`. Starte sie mit `katheder ui` statt mit `streamlit run`; oder, nur für diesen Rechner, ohne die Einstellungen app.password und app.auth.",
    "You are signed out. Load the page again to sign in.": "Du bist abgemeldet. Lade die Seite neu, um dich anzumelden.",
    "Without names, only this browser leads to your conversations and notes: after signing out they cannot be opened again.": "Ohne Namen führt nur dieser Browser zu deinen Gesprächen und Notizen: Nach dem Abmelden lassen sie sich nicht mehr öffnen.",
}
