/** What JSON can hold. Observations are made of it, so that a past run can be judged again. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
