// Icons that are in menus only, and are loaded with them.
import { Icon } from "./Icons.tsx";

export const BranchIcon = () => (
  <Icon>
    <path d="M7 7v10M7 14c0-4 10-1 10-5.5V8" />
    <circle cx="7" cy="5" r="2" />
    <circle cx="17" cy="6" r="2" />
    <circle cx="7" cy="19" r="2" />
  </Icon>
);
export const IdIcon = () => (
  <Icon>
    <path d="M9 4 7 20M17 4l-2 16M4.5 9H20M4 15h15.5" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1" />
  </Icon>
);
export const ClearIcon = () => (
  <Icon>
    <path d="m14 5 5 5-8 8H7l-3-3zm-4 4 5 5M4 20h16" />
  </Icon>
);
export const OtherIcon = () => (
  <Icon>
    <path d="M4 8h14m-3-3 3 3-3 3M20 16H6m3-3-3 3 3 3" />
  </Icon>
);
