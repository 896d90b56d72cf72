type Handled = { instance?: string | undefined };

/** Returns whether a different instance served the later operation. False if an instance is not known. */
export const isHandoff = ({ instance }: Handled, later: Handled): boolean =>
  instance !== undefined && later.instance !== undefined && instance !== later.instance;
