declare module "*.bash?raw" {
  const text: string;
  export default text;
}
declare module "*.sh?raw" {
  const text: string;
  export default text;
}
declare module "*.yaml?raw" {
  const text: string;
  export default text;
}
