import type { FirewallRule, Ruleset } from "../store/state.ts";
import { findRegion } from "./catalogue.ts";
import { audit, type Context } from "./context.ts";
import { DoesNotExist, InvalidParameters, QuotaExceeded, RulesetInUse } from "./errors.ts";

const missingRuleset = "Firewall ruleset does not exist or you do not have permission to access it.";

/** Rules are kept and reported, never enforced: the lab's hosts have only their own firewall. */
export class Firewall {
  readonly #context: Context;
  constructor(context: Context) {
    this.#context = context;
  }

  get #state() {
    return this.#context.store.state;
  }

  /** The account-wide rules: `/firewall-rules` and `/firewall-rulesets/global` are two paths to one list. */
  globalRules(): FirewallRule[] {
    return this.#state.globalRules;
  }

  setGlobalRules(rules: FirewallRule[]): FirewallRule[] {
    this.#state.globalRules = rules;
    audit(this.#context, "firewall_ruleset", "updated", []);
    this.#context.store.commit();
    return rules;
  }

  list(): Ruleset[] {
    return this.#state.rulesets;
  }

  get(id: string): Ruleset {
    const ruleset = this.#state.rulesets.find((candidate) => candidate.id === id);
    if (!ruleset) throw new DoesNotExist(missingRuleset);
    return ruleset;
  }

  usersOf(id: string): string[] {
    return this.#state.instances
      .filter(({ rulesetIds }) => rulesetIds.includes(id))
      .map((instance) => instance.id);
  }

  create(name: string, region: string, rules: FirewallRule[]): Ruleset {
    if (!findRegion(region)) throw new InvalidParameters(`region: ${region} is not a region`);
    if (this.#state.rulesets.length >= this.#state.account.quotas.rulesets) throw new QuotaExceeded();
    const ruleset = {
      id: this.#context.store.nextId("firewall-ruleset"),
      name,
      region,
      rules,
      createdAt: this.#context.clock.now(),
    };
    this.#state.rulesets.push(ruleset);
    audit(this.#context, "firewall_ruleset", "created", [ruleset.id]);
    this.#context.store.commit();
    return ruleset;
  }

  /** What is left out stays; rules are replaced as a whole. */
  update(id: string, change: { name?: string | undefined; rules?: FirewallRule[] | undefined }): Ruleset {
    const ruleset = this.get(id);
    if (change.name !== undefined) ruleset.name = change.name;
    if (change.rules !== undefined) ruleset.rules = change.rules;
    audit(this.#context, "firewall_ruleset", "updated", [id]);
    this.#context.store.commit();
    return ruleset;
  }

  delete(id: string): void {
    this.get(id);
    if (this.usersOf(id).length > 0) throw new RulesetInUse();
    this.#state.rulesets = this.#state.rulesets.filter((ruleset) => ruleset.id !== id);
    audit(this.#context, "firewall_ruleset", "deleted", [id]);
    this.#context.store.commit();
  }
}
