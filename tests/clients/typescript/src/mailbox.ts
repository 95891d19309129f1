// The captured mail of a server in demo mode.

interface Captured {
  readonly id: number;
  readonly message: { readonly subject: string; readonly text: string };
}

/** The token in the link of the newest mail to `address`; waits, because mail leaves after the answer. */
export async function tokenMailedTo(server: string, address: string): Promise<string> {
  const until = Date.now() + 10_000;
  for (;;) {
    const response = await fetch(`${server}/mailbox.json?to=${encodeURIComponent(address)}`);
    if (!response.ok) throw new Error(`GET /mailbox.json answered ${response.status}`);
    const mails = (await response.json()) as readonly Captured[];
    for (const { message } of mails) {
      const token = /[?&#]token=([\w.~-]+)/.exec(message.text)?.[1];
      if (token) return token;
    }
    if (Date.now() > until) throw new Error(`no mail with a token came to ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
