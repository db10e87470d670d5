// A vendor that is nobody in particular.
import type { Vendor } from "@/lib/models/vendor.ts";

export const VENDOR: Vendor = {
  provider: "fake",
  label: "Fake",
  keyVariable: "FAKE_API_KEY",
  urlVariable: "FAKE_BASE_URL",
  baseURL: "http://127.0.0.1",
};
