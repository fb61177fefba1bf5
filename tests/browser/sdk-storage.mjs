export const storages = () => ({});
