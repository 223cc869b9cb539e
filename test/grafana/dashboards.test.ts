import { describe, expect, test } from 'vitest'
import { dashboardFile, dashboards } from '../../grafana-provisioning/code/dashboards.ts'

const folder = '../../grafana-provisioning/dashboards'

describe('the dashboards', () => {
  test.each(Object.entries(dashboards))(
    '%s is what the code says (vitest run test/grafana -u writes it)',
    async (name, dashboard) => {
      await expect(dashboardFile(dashboard)).toMatchFileSnapshot(`${folder}/${name}`)
    },
  )
})
