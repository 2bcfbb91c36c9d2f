import { type Icon, IconCopy, IconKeyboard, IconLayoutSidebar, IconSunMoon } from "@tabler/icons-react";
import { switchTheme } from "./theme.ts";

export type PaletteActs = { keys: () => void; sideBar: () => void };
export type Command = { name: string; detail: string; keys: string; icon: Icon; run: () => void };

/** What can be done from anywhere. */
export const commandsOf = (acts: PaletteActs): readonly Command[] => [
  {
    name: "Copy link to this page",
    detail: "shows others what you see",
    keys: "",
    icon: IconCopy,
    run: () => void navigator.clipboard.writeText(location.href),
  },
  { name: "Switch theme", detail: "light or dark", keys: "", icon: IconSunMoon, run: () => void switchTheme() },
  { name: "Fold or unfold the side bar", detail: "", keys: "\\", icon: IconLayoutSidebar, run: acts.sideBar },
  { name: "Show keys", detail: "", keys: "?", icon: IconKeyboard, run: acts.keys },
];
