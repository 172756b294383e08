/** What `node delivery/cli.ts` can be told. */
export const usage = `usage: node delivery/cli.ts <command>
  plan     --stack <name> [--comment <file>] [--plan <file>] [--refresh]
                                                               what an update would change, with the policies' verdicts;
                                                               ends with 1 when the preview fails
  guard    --plan <file> [--data-loss]                         refuses a plan that loses data, and one of a commit before
                                                               the verified one
  up       --stack <name> [--refresh] [--only mcp|migrations [--data-loss]] [--deadline <seconds>]
                                                               --refresh reads the actual state first, so that lost
                                                               resources are created again; at the deadline (an hour,
                                                               without hosts four) it ends in order and fails
  replace  --stack <name> --host <name> --confirm <name> [--data-loss] [--deadline <seconds>]
                                                               launches a host again, at the deployed commit; the data
                                                               on its disks is lost
  scan     --stack <name>                                      scans the deployed images for known vulnerabilities
  verify   --stack <name> [--deadline <seconds>]               waits until every public endpoint answers
  mark     --stack <name>                                      records the checked-out commit as verified
  rollback --stack <name> [--commit <id>] [--from <id>] [--plan <file>] [--data-loss] [--deadline <seconds>]
                                                               deploys the last verified commit before the faulty one
                                                               (by default the deployed one; --from is that of a failed
                                                               update, and refused if it or a later one is verified), or
                                                               the given one, and waits until every public endpoint
                                                               answers; refuses to lose data, except what the failed
                                                               plan has created
  stop     --stack <name> --confirm <name>                     destroys the stack's paid resources and their data
  drift    --stack <name> --body <file>                        differences between the program and the actual state
  health   --stack <name> --body <file>                        public endpoints that do not answer
  rotation --body <file>                                       secrets that are due for rotation
  advisories --body <file>                                     npm packages with known vulnerabilities
  exceptions --body <file>                                     exceptions from the policies that end soon
  comment  --stack <name> --plan <file> --sha <id> --owner <name> --branch <name>
                                                               writes the stack's plan into its pull request
  report   --title <text> --body <file>                        opens, updates or closes an issue`;
