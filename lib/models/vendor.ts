// Who stands behind a provider, as its error messages name it.

export interface Vendor {
  /** The first half of a model's id, such as `openai`. */
  readonly provider: string;
  /** What people call it. */
  readonly label: string;
  readonly keyVariable: string;
  readonly urlVariable: string;
  readonly baseURL: string;
  /** Absent for a server that asks for none. Never leaves this object but for the request's own header. */
  readonly apiKey?: string;
}

/** The host that is called, without the user, password or path that an address may carry. */
export function hostOf(vendor: Vendor): string {
  return URL.canParse(vendor.baseURL) ? new URL(vendor.baseURL).host : "an address that is not a URL";
}
