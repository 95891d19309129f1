// The captured mail of a server in demo mode.

interface Mail {
  readonly id: string;
  readonly to: string | readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The token in the link of the newest mail to `address`; waits, because mail leaves after the answer. */
export async function tokenMailedTo(server: string, address: string): Promise<string> {
  const until = Date.now() + 10_000;
  for (;;) {
    const response = await fetch(`${server}/mailbox.json`);
    if (!response.ok) throw new Error(`GET /mailbox.json answered ${response.status}`);
    const mails = (await response.json()) as readonly Mail[];
    for (const mail of mails) {
      if (![mail.to].flat().some((to) => to.includes(address))) continue;
      const token = /[?&#]token=([\w.~-]+)/.exec(mail.text)?.[1];
      if (token) return token;
    }
    if (Date.now() > until) throw new Error(`no mail with a token came to ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
