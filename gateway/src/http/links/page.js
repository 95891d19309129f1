// What a link in a mail does: one call of the public API, after a form where something is to be typed.
"use strict";

const french = navigator.language.toLowerCase().startsWith("fr");
const texts = french
  ? {
      titles: {
        "verify-email": "Confirmer votre adresse",
        "accept-invitation": "Accepter l’invitation",
        "reset-password": "Nouveau mot de passe",
        "confirm-email-change": "Changer d’adresse",
      },
      givenName: "Prénom",
      familyName: "Nom",
      password: "Mot de passe",
      send: "Continuer",
      yours: "Saisissez le mot de passe que vous avez choisi en vous inscrivant, ou celui de votre compte si vous en aviez déjà un.",
      disown: "Ce n’était pas moi",
      disowned: "Merci. L’inscription faite avec votre adresse est annulée.",
      working: "Un instant…",
      verified: (agency) => `Votre adresse est confirmée. Vous pouvez vous connecter à ${agency}.`,
      accepted: (agency) => `Bienvenue chez ${agency}. Vous pouvez vous connecter.`,
      reset: "Votre nouveau mot de passe est enregistré. Vous pouvez vous connecter.",
      changed: "Votre adresse a été changée.",
      half: "Merci. Il manque encore la confirmation depuis l’autre adresse.",
      invited: (agency) => `${agency} vous invite.`,
      unreachable: "Le serveur ne répond pas. Réessayez dans un instant.",
    }
  : {
      titles: {
        "verify-email": "Confirm your address",
        "accept-invitation": "Accept the invitation",
        "reset-password": "Set a new password",
        "confirm-email-change": "Change your address",
      },
      givenName: "First name",
      familyName: "Last name",
      password: "Password",
      send: "Continue",
      yours: "Type the password that you chose when you registered, or that of your account if you had one before.",
      disown: "It was not me",
      disowned: "Thank you. What was registered with your address is gone.",
      working: "One moment…",
      verified: (agency) => `Your address is confirmed. You can sign in to ${agency}.`,
      accepted: (agency) => `Welcome to ${agency}. You can sign in.`,
      reset: "Your new password is set. You can sign in.",
      changed: "Your address was changed.",
      half: "Thank you. The other address has yet to be confirmed.",
      invited: (agency) => `${agency} invites you.`,
      unreachable: "The server does not answer. Try again in a moment.",
    };

const token = new URLSearchParams(location.search).get("token") ?? "";
const page = location.pathname.split("/").filter(Boolean).pop();
const message = document.getElementById("message");
const form = document.getElementById("form");
const names = document.getElementById("names");
const disown = document.getElementById("disown");

// The token must not stay in the address, where it could be copied or kept in the history.
history.replaceState(null, "", location.pathname);

function say(text, failed = false) {
  message.textContent = text;
  message.classList.toggle("failed", failed);
}

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": french ? "fr" : "en" },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors) {
    const [error] = answer.errors;
    const fields = (error.extensions?.fields ?? []).map((field) => field.message);
    throw new Error([...new Set(fields.length ? fields : [error.message])].join(" "));
  }
  return answer.data;
}

const actions = {
  // Asks for the password: a link alone would confirm an account whose password only somebody else knows.
  "verify-email": async (typed) => {
    const query = "mutation VerifyEmail($input: VerifyEmailInput!) { verifyEmail(input: $input) { agency { name } } }";
    const { verifyEmail } = await ask(query, { input: { token, password: typed.password } });
    return texts.verified(verifyEmail.agency.name);
  },
  "disown": async () => {
    const query = "mutation DisownRegistration($input: DisownRegistrationInput!) { disownRegistration(input: $input) { email } }";
    await ask(query, { input: { token } });
    return texts.disowned;
  },
  "confirm-email-change": async () => {
    const query = "mutation ConfirmEmailChange($input: ConfirmEmailChangeInput!) { confirmEmailChange(input: $input) { changed } }";
    const { confirmEmailChange } = await ask(query, { input: { token } });
    return confirmEmailChange.changed ? texts.changed : texts.half;
  },
  "reset-password": async (typed) => {
    const query = "mutation ResetPassword($input: ResetPasswordInput!) { resetPassword(input: $input) { ok } }";
    await ask(query, { input: { token, password: typed.password } });
    return texts.reset;
  },
  "accept-invitation": async (typed) => {
    const query = "mutation AcceptInvitation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { agency { name } } }";
    const { acceptInvitation } = await ask(query, { input: { token, ...typed } });
    return texts.accepted(acceptInvitation.agency.name);
  },
};

async function run(typed, action = page) {
  say(texts.working);
  try {
    say(await actions[action](typed));
    form.hidden = true;
  } catch (error) {
    say(error instanceof TypeError ? texts.unreachable : error.message, true);
  }
}

async function prepareInvitation() {
  const query =
    "query Invitation($token: String!) { invitation(token: $token) { agency { name } givenName familyName hasAccount } }";
  try {
    const { invitation } = await ask(query, { token });
    say(texts.invited(invitation.agency.name));
    names.hidden = invitation.hasAccount;
    form.elements.givenName.value = invitation.givenName ?? "";
    form.elements.familyName.value = invitation.familyName ?? "";
    form.hidden = false;
  } catch (error) {
    say(error instanceof TypeError ? texts.unreachable : error.message, true);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const typed = { password: form.elements.password.value };
  if (page === "accept-invitation" && !names.hidden) {
    typed.givenName = form.elements.givenName.value;
    typed.familyName = form.elements.familyName.value;
  }
  await run(typed);
  button.disabled = false;
});

disown.addEventListener("click", async () => {
  disown.disabled = true;
  await run({}, "disown");
  disown.disabled = false;
});

document.documentElement.lang = french ? "fr" : "en";
document.getElementById("title").textContent = texts.titles[page] ?? "Atrium";
for (const element of document.querySelectorAll("[data-text]")) {
  element.textContent = texts[element.dataset.text];
}
if (page === "accept-invitation") {
  prepareInvitation();
} else if (page === "reset-password") {
  form.hidden = false;
} else if (page === "verify-email") {
  say(texts.yours);
  form.elements.password.autocomplete = "current-password";
  disown.hidden = false;
  form.hidden = false;
} else {
  run({});
}
