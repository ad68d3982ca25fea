/*
 * What every page starts: keyboard, live updates, filters, timeline. The pages work without it.
 */
import { startFilters } from "./filters.js";
import { startKeyboard } from "./keyboard.js";
import { startLive } from "./live.js";
import { startTimeline } from "./timeline.js";

startFilters();
startKeyboard();
startTimeline();
startLive(startTimeline);
