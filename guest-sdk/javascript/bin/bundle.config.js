/** How a pipeline and its packages become one module: what the host offers stays an import. */
export default { external: [/^lance-host:/] };
