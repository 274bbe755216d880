export default async function Page() {
  return <h1>hello</h1>;
}
