// Line icons on a grid of 24, drawn by hand. They are decoration: the words beside them are the name.
import type { ComponentChildren } from "preact";

export function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon-art"
      viewBox="0 0 24 24"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const CopyIcon = () => (
  <Icon>
    <rect x="9" y="9" width="11" height="11" rx="2.5" />
    <path d="M15 5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const WrapIcon = () => (
  <Icon>
    <path d="M4 6h16M4 12h12.5a3 3 0 0 1 0 6H13m2.5-2.5L13 18l2.5 2.5M4 18h5" />
  </Icon>
);
export const DownloadIcon = () => (
  <Icon>
    <path d="M12 4v11m-5-5 5 5 5-5M5 20h14" />
  </Icon>
);
export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5m-6 6 6-6 6 6" />
  </Icon>
);
export const StopIcon = () => (
  <Icon>
    <rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor" />
  </Icon>
);
export const NewIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const MenuIcon = () => (
  <Icon>
    <path d="M4 7h16M4 12h16M4 17h10" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);
export const RenameIcon = () => (
  <Icon>
    <path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />
  </Icon>
);
export const DeleteIcon = () => (
  <Icon>
    <path d="M5 7h14M10 7V5h4v2m-7 0 1 12h8l1-12" />
  </Icon>
);
export const AgainIcon = () => (
  <Icon>
    <path d="M19 12a7 7 0 1 1-2.3-5.2M19 4v4h-4" />
  </Icon>
);
export const DownIcon = () => (
  <Icon>
    <path d="M12 5v14m-6-6 6 6 6-6" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path d="m14 7-5 5 5 5" />
  </Icon>
);
export const ForthIcon = () => (
  <Icon>
    <path d="m10 7 5 5-5 5" />
  </Icon>
);
export const ThemeIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="7.5" />
    <path d="M12 4.5v15a7.5 7.5 0 0 0 0-15z" fill="currentColor" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon>
    <path d="m7 10 5 5 5-5" />
  </Icon>
);
export const UpIcon = () => (
  <Icon>
    <path d="m7 14 5-5 5 5" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <path d="M4 8h8m6 0h2M4 16h2m6 0h8" />
    <circle cx="15" cy="8" r="2.5" />
    <circle cx="9" cy="16" r="2.5" />
  </Icon>
);
export const GoodIcon = () => (
  <Icon>
    <path d="M4 11h3v8H4zM7 11l4-7a2 2 0 0 1 2 2v4h5a2 2 0 0 1 2 2.4l-1.2 5A2 2 0 0 1 16.8 19H7" />
  </Icon>
);
export const BadIcon = () => (
  <Icon>
    <path d="M20 13h-3V5h3zM17 13l-4 7a2 2 0 0 1-2-2v-4H6a2 2 0 0 1-2-2.4l1.2-5A2 2 0 0 1 7.2 5H17" />
  </Icon>
);
export const ToolIcon = () => (
  <Icon>
    <path d="M14.5 6.5a4 4 0 0 0-5.2 5.2L4 17l3 3 5.3-5.3a4 4 0 0 0 5.2-5.2l-2.5 2.5-3-3z" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </Icon>
);
export const OutlineIcon = () => (
  <Icon>
    <path d="M10 6h10M10 12h10M10 18h10" />
    <path d="M4.5 6h.01M4.5 12h.01M4.5 18h.01" stroke-width="3" />
  </Icon>
);
export const PanelIcon = () => (
  <Icon>
    <rect x="4" y="5" width="16" height="14" rx="2.5" />
    <path d="M9.5 5v14" />
  </Icon>
);
export const AttachIcon = () => (
  <Icon>
    <path d="m19 11.5-7.2 7.2a4.4 4.4 0 0 1-6.2-6.2l8-8a2.9 2.9 0 0 1 4.2 4.2l-8 8a1.5 1.5 0 0 1-2.1-2.1l7.2-7.2" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M6 12h.01M12 12h.01M18 12h.01" stroke-width="2.75" />
  </Icon>
);
export const ArchiveIcon = () => (
  <Icon>
    <path d="M4 5h16v4H4zM6 9v10h12V9M10 13h4" />
  </Icon>
);
