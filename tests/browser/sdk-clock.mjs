export const clocks = () => ({});
