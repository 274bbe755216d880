export const used = () => 'used';
export const unused = () => 'shaken off';
