// Where nothing can be sent any more: what that means, and how to go on.
interface Props {
  code: "unauthenticated" | "not_found";
  /** Takes all that was not sent along to a new conversation. */
  go(): void;
}

const WHY = {
  unauthenticated:
    "Your session has ended. You can go on with your words in a new chat, in a new session; the chats of " +
    "the old one stay behind.",
  not_found:
    "This chat is not there any more, or belongs to another session. You can go on with your words in a new chat.",
};

export function Gone({ code, go }: Props) {
  return (
    <>
      <p>{WHY[code]}</p>
      <button type="button" data-action="start-over" onClick={go}>Go on in a new chat</button>
    </>
  );
}
