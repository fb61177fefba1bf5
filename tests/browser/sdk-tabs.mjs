export const manyTabs = () => ({});
