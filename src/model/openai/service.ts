import { isOwnAddress } from '../connection/address.ts';
import { credentialVariables, type Headers, type Service } from '../connection/service.ts';

/**
 * OpenAI or Azure OpenAI in messages to people. `modelVariable`: where the model's name (on Azure the deployment's) comes
 * from.
 */
export function openAIService(
  provider: 'openai' | 'azure',
  endpoint: { readonly apiKey: string; readonly baseUrl?: string | undefined; readonly headers?: Headers | undefined },
  modelVariable: string,
): Service {
  const azure = provider === 'azure';
  const { apiKey, baseUrl, headers } = endpoint;
  const own = baseUrl === undefined || isOwnAddress(provider, baseUrl);
  const variables = azure ? 'AZURE_OPENAI' : 'OPENAI';
  return {
    name: azure ? 'Azure OpenAI' : 'OpenAI',
    credentialNoun: 'API key',
    credentials: credentialVariables({
      key: apiKey === '' ? null : `${variables}_API_KEY`,
      headersVariable: `${variables}_HEADERS`,
      headers,
      own,
    }),
    modelNoun: azure ? 'deployment' : 'model',
    modelVariable,
    addressVariable: azure ? 'AZURE_OPENAI_ENDPOINT or AZURE_OPENAI_BASE_URL' : 'OPENAI_BASE_URL',
    gateway: !own,
    transcriptionVariable: azure ? 'AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT' : 'OPENAI_TRANSCRIBE_MODEL',
  };
}
