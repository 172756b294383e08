import { PolicyPack } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";

new PolicyPack("program-policy", {
  policies: [
    {
      name: "no-short-passwords",
      description: "Passwords have at least 20 characters.",
      enforcementLevel: "mandatory",
      validateResource(args, reportViolation) {
        if (args.type === "random:index/randomPassword:RandomPassword" && args.props.length < 20) {
          reportViolation(
            `password ${args.name} has ${args.props.length} characters in ${pulumi.getProject()}`,
          );
        }
      },
    },
    {
      name: "few-resources",
      description: "A stack has few resources.",
      enforcementLevel: "advisory",
      validateStack(args, reportViolation) {
        reportViolation(`the stack has ${args.resources.length} resources`);
      },
    },
  ],
});
