/** The group that runs the topologies of a reading topic. */
export function engineGroup(topicName: string): string {
  return `engine.${topicName}`
}
