export const badNetwork = () => ({});
