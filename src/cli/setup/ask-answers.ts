import { isCountry, numberOf, type SetupAnswers, type WantedPlace } from './answers.ts'
import type { Prompter } from './prompter.ts'

const PARIS: WantedPlace = { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522 }

/** Asks for keys and places. What is not answered stays as it is. */
export async function askAnswers(prompter: Prompter): Promise<SetupAnswers> {
  const secrets = new Map<string, string>()
  const remember = (variable: string, value: string): boolean => {
    if (value.trim() !== '') secrets.set(variable, value.trim())
    return value.trim() !== ''
  }
  const hasWeatherKey = [
    remember('METEO_API_KEY', await prompter.secret('Key of OpenWeatherMap (empty: none)')),
    remember('VISUAL_CROSSING_API_KEY', await prompter.secret('Key of Visual Crossing (empty: none)')),
  ].includes(true)
  const keyless: string[] = []
  if (await prompter.yes('Weather by Open-Meteo too, which needs no key?', !hasWeatherKey)) keyless.push('open-meteo')
  if (await prompter.yes('Air quality by AirQino, which needs no key?', false)) keyless.push('airqino')
  if (await prompter.yes("France's consumption and production of electricity, by RTE?", false)) {
    for (const [what, suffix] of [
      ['consumption', ''],
      ['generation', '_2'],
    ] as const) {
      const id = await prompter.text(`Client id of RTE's ${what} API (empty: none)`)
      if (remember(`RTE_CLIENT_ID${suffix}`, id)) remember(`RTE_CLIENT_SECRET${suffix}`, await prompter.secret('Its secret'))
    }
  }
  const places = hasWeatherKey || keyless.includes('open-meteo') ? await askPlaces(prompter) : []
  return { secrets, places, keyless }
}

async function askPlaces(prompter: Prompter): Promise<WantedPlace[]> {
  const places = [await askPlace(prompter, PARIS)]
  while (await prompter.yes('Another place?', false)) places.push(await askPlace(prompter, null))
  return places
}

async function askPlace(prompter: Prompter, otherwise: WantedPlace | null): Promise<WantedPlace> {
  const city = await prompter.text('City', { otherwise: otherwise?.city ?? '' })
  // Another city is at other coordinates.
  const known = otherwise !== null && city === otherwise.city ? otherwise : null
  const country = await prompter.text('Country, two capital letters', {
    otherwise: known?.country ?? '',
    check: (answer) => (isCountry(answer) ? null : 'Two capital letters of ISO 3166, for instance FR.'),
  })
  const degrees = (question: string, bound: number, known: number | undefined): Promise<string> =>
    prompter.text(question, {
      otherwise: known === undefined ? '' : String(known),
      check: (answer) => (numberOf(answer, bound) === null ? `A number from -${bound} to ${bound}.` : null),
    })
  return {
    city: city === '' ? null : city,
    country: country === '' ? null : country,
    latitude: Number(await degrees('Degrees north', 90, known?.latitude)),
    longitude: Number(await degrees('Degrees east', 180, known?.longitude)),
  }
}
