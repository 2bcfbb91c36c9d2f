/** The one version of the program; formats have numbers of their own. */
export const version = "0.1.0";
