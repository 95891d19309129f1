//! What signing in says when it does not succeed.

use kernel::Text;

/// One answer for a wrong password, an unknown or locked person, a missing or ended membership, an unknown tenant.
pub const WRONG_CREDENTIALS: Text = Text::new(
    "wrong_credentials",
    "The e-mail address, the password or the organisation is wrong, or the account is locked.",
    "L'adresse e-mail, le mot de passe ou l'organisation est incorrect, ou le compte est verrouillé.",
);
/// The password is older than the tenant allows.
pub const PASSWORD_EXPIRED: Text = Text::new(
    "password_expired",
    "Your password is too old for this organisation. Choose a new one first.",
    "Votre mot de passe est trop ancien pour cette organisation. Choisissez-en d'abord un nouveau.",
);
