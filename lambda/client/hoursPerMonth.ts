/** Hours in an average month: 365 × 24 ÷ 12. */
export const hoursPerMonth = 730;
