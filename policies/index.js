// Pulumi loads a pack's entry through ts-node, which knows no imports that end in .ts. What a module imports, Node loads.
import "./pack.ts";
