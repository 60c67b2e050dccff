"""Every kind of event that the audit trail tells of, in one place; a test compares it with what the code records.

To add one, add a line. A kind is named in words for people: what happened, in the past tense.
"""

# What happened, and what that means to somebody who reads the trail.
KINDS = {
    # signing in and out
    "signed in": "A person signed in.",
    "signed out": "A person signed out.",
    "sign-in refused": "A wrong password was given at the sign-in, for this account or, without a number, for none.",
    "password wrong": "A signed-in person was asked for the password again, and gave a wrong one.",
    "signed out everywhere": "Every sign-in of a person was ended.",
    "access denied": "A signed-in person sent something to a page that is not for them.",
    # accounts
    "person created": "An account was made.",
    "person invited": "Somebody was invited to make an account.",
    "invitation withdrawn": "An invitation was taken back.",
    "invitation accepted": "Somebody who was invited has made their account.",
    "people imported": "Accounts were made from a list.",
    "e-mail confirmed": "A person showed that their e-mail address is theirs.",
    "e-mail changed": "A person's e-mail address was changed.",
    "details changed": "A person's name, profession or registration was changed.",
    "password changed": "A person chose another password.",
    "password reset": "A person chose another password by such a link.",
    "second factor given": "A person gave the second factor after their password.",
    "second factor wrong": "A wrong second factor was given after a password.",
    "second factor reset": "Every factor but the password was taken from a person who had lost theirs.",
    "authenticator added": "A person added an authenticator app.",
    "authenticator removed": "A person's authenticator app was removed.",
    "recovery code used": "A person used a recovery code, which is spent now.",
    "passkey used": "A person signed in with a passkey.",
    "signed out everywhere else": "A person ended their other sign-ins.",
    "sign-in ended": "A person ended one of their sign-ins.",
    "recovery codes made": "A person made recovery codes; older ones stopped working.",
    "passkey added": "A person added a passkey.",
    "passkey removed": "A person's passkey was removed.",
    "administrator appointed": "A person may do what administrators do.",
    "administrator dismissed": "A person may no longer do what administrators do.",
    "person suspended": "A person was kept out, and signed out everywhere.",
    "person restored": "A suspended person may sign in again.",
    "accounts merged": "Two accounts of one person were made one.",
    "accommodation set": "A person's more time or rest breaks were set.",
    "data exported": "A copy of a person's own data was taken.",
    "person erased": "A person's details were erased.",
    "erasure refused": "It was decided that a person's details must be kept for now.",
    "refusal lifted": "A person's details may be erased again.",
    "retention done": "What was kept long enough was removed.",
    # cohorts
    "cohort created": "A cohort was made.",
    "cohort joined": "A person joined a cohort.",
    "cohort left": "A person left a cohort.",
    "educator appointed": "A person may see a cohort's work.",
    "educator dismissed": "A person may no longer see a cohort's work.",
    "roster extended": "People who are expected were added to a cohort.",
    "roster shortened": "Somebody who was expected was taken off a cohort's list.",
    "cohort exported": "A cohort's table was taken away as a file.",
    # learning
    "module started": "A person started a module.",
    "step done": "A step of the path was done.",
    "step opened again": "A step was opened again, because a mark was corrected.",
    "reflection saved": "A person saved their reflection.",
    "attempt started": "A person started a quiz.",
    "attempt submitted": "A quiz was submitted and marked.",
    "rest break began": "A person began a rest break in a quiz.",
    "rest break ended": "The rest break ended.",
    "problem answered": "A reported problem was answered.",
    # content and marking
    "content review recorded": "A clinical review of a module was recorded.",
    "content withdrawn": "A lesson or question was taken out of use.",
    "content restored": "A lesson or question is in use again.",
    "learners listed": "Those who learned from a lesson or question were listed in a file.",
    "key ruled": "It was ruled which answers count, and attempts were marked again.",
    # certificates
    "certificate issued": "A certificate was issued.",
    "certificate revoked": "A certificate was revoked.",
    "certificate restored": "The revocation of a certificate was taken back.",
    "certificates exported": "Certificates were taken away as a file.",
    # the service
    "mail sent again": "A message was sent again.",
    "complaint received": "A complaint was received.",
    "complaint closed": "A complaint was answered and closed.",
    "audit exported": "A part of this trail was taken away as a file.",
}
# Those that take data away: the list of who exported what.
EXPORTS = frozenset(
    {"certificates exported", "cohort exported", "learners listed", "data exported", "audit exported"},
)
