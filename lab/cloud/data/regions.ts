export interface Region {
  name: string;
  description: string;
}

/** Regions that the documentation or a live answer has named; the API itself promises no list. */
export const regions: readonly Region[] = [
  { name: "us-east-1", description: "Virginia, USA" },
  { name: "us-east-2", description: "Washington DC, USA" },
  { name: "us-east-3", description: "Washington DC, USA" },
  { name: "us-midwest-1", description: "Illinois, USA" },
  { name: "us-south-1", description: "Texas, USA" },
  { name: "us-south-2", description: "North Texas, USA" },
  { name: "us-south-3", description: "Central Texas, USA" },
  { name: "us-west-1", description: "California, USA" },
  { name: "us-west-2", description: "Arizona, USA" },
  { name: "us-west-3", description: "Utah, USA" },
  { name: "europe-central-1", description: "Germany" },
  { name: "europe-south-1", description: "Italy" },
  { name: "me-west-1", description: "Israel" },
  { name: "asia-south-1", description: "India" },
  { name: "asia-northeast-1", description: "Osaka, Japan" },
  { name: "asia-northeast-2", description: "Tokyo, Japan" },
  { name: "australia-east-1", description: "Sydney, Australia" },
];
