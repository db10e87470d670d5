// Notifications of the system, as far as this browser has them for a page.

export type Permission = "granted" | "denied" | "undecided" | "absent";

/** What a page may do. iPhones know notifications only of apps on the home screen, and plain http knows none. */
export function permission(): Permission {
  if (typeof Notification === "undefined") return "absent";
  const { permission } = Notification;
  return permission === "default" ? "undecided" : permission;
}

/** Asks the person, who must have pressed something just now. */
export async function askPermission(): Promise<Permission> {
  if (permission() === "undecided") await Notification.requestPermission();
  return permission();
}

/** Shows one; `pressed` when the person presses it. False where that does not work. */
export function notify(title: string, body: string, pressed: () => void): boolean {
  if (permission() !== "granted") return false;
  try {
    const notification = new Notification(title, { body, icon: "/favicon.svg" });
    notification.onclick = () => {
      notification.close();
      pressed();
    };
    return true;
  } catch {
    return false; // Android has the name, and refuses it to pages
  }
}
