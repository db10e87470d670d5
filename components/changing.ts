// What changes what was said, as one part of the page: most visits change nothing, and many small files load slowly.
export { ConversationMenu } from "./ConversationMenu.tsx";
export { MessageEditor } from "./MessageEditor.tsx";
export { MessageMenu } from "./MessageMenu.tsx";
